package e2e

import (
	"context"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp/kb"
)

// keys are the keys with a name; any other is its own character.
var keys = map[string]string{
	"Enter": kb.Enter, "Tab": kb.Tab, "Escape": kb.Escape, "Backspace": kb.Backspace, "Delete": kb.Delete,
	"ArrowUp": kb.ArrowUp, "ArrowDown": kb.ArrowDown, "ArrowLeft": kb.ArrowLeft, "ArrowRight": kb.ArrowRight,
	"Home": kb.Home, "End": kb.End, "PageUp": kb.PageUp, "PageDown": kb.PageDown, "Space": " ",
}

var modifierKeys = map[string]input.Modifier{
	"Shift": input.ModifierShift, "Control": input.ModifierCtrl, "Alt": input.ModifierAlt, "Meta": input.ModifierMeta,
}

// pressKey presses and releases keys. The character comes with the key, so that a page
// which handles the key keeps the character away, as with a keyboard.
func pressKey(ctx context.Context, code string, modifiers ...input.Modifier) error {
	for _, r := range code {
		events := kb.Encode(r)
		for i, e := range events {
			for _, m := range modifiers {
				e.Modifiers |= m
			}
			if e.Type == input.KeyChar {
				continue
			}
			if e.Type == input.KeyDown && i+1 < len(events) && events[i+1].Type == input.KeyChar {
				e.Text, e.UnmodifiedText = events[i+1].Text, events[i+1].UnmodifiedText
			}
			if err := e.Do(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}
