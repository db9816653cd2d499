package e2e

import (
	"fmt"
	"os"
	"testing"
)

// panelBrowser is the one browser of all scenes of the panel. TestMain starts it.
var panelBrowser *Browser

func TestMain(m *testing.M) {
	var err error
	if panelBrowser, err = LaunchBrowser(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	panelBrowser.Close()
	os.Exit(code)
}
