package print

import "strings"

// Plain returns a printer whose PDFs can be read.
func (p *Printer) Plain() *Printer {
	q := *p
	q.plain = true
	return &q
}

// InPDF returns s as it stands in a PDF without compression.
func InPDF(s string) string {
	return "(" + strings.NewReplacer(`\`, `\\`, "(", `\(`, ")", `\)`).Replace(string(latin(s))) + ") Tj"
}
