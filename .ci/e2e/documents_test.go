package e2e

import (
	"net/http"
	"testing"
)

// TestDocuments shows the pages of the API's documents, from this server alone: a
// request to another host fails the test.
func TestDocuments(t *testing.T) {
	t.Parallel()
	server := StartServer(t, Options{})
	tab := panelBrowser.Tab(t)
	if status := tab.Open(server.URL + "/api/docs/"); status != http.StatusOK {
		t.Fatalf("status %d", status)
	}
	tab.WaitVisible(".opblock-summary")
	if n := len(tab.Texts(".opblock-summary")); n < 50 {
		t.Errorf("Swagger UI shows %d operations", n)
	}
	tab.Screenshot("swagger")
	const health = `.opblock:has(.opblock-summary-path[data-path="/api/health/"])`
	tab.Click(health + " .opblock-summary-control")
	tab.Click(health + " .try-out__btn")
	tab.Click(health + " .execute")
	tab.WaitText(health+" .live-responses-table .response-col_status", "200")
	tab.WaitText(health+" .live-responses-table .response-col_description", `"status"`)
	tab.Screenshot("swagger-executed")

	// ReDoc makes samples, and says so where a schema may be an array or something else.
	tab.Allow(`^console warning: OpenAPI Sampler: `)
	if status := tab.Open(server.URL + "/api/redoc/"); status != http.StatusOK {
		t.Errorf("status %d", status)
	}
	tab.WaitVisible("#doc h1")
	tab.WaitTrue(`document.querySelectorAll("#doc [data-section-id^='tag/'], #doc [id^='operation/'], #doc [id^='tag/']").length > 20`)
	tab.WaitText("#doc", "/api/health/")
	for _, path := range []string{"/api/schema/swagger-ui/", "/api/schema/redoc/"} {
		if status := tab.Open(server.URL + path); status != http.StatusOK {
			t.Errorf("%s: status %d", path, status)
		}
	}
}
