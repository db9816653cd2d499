package sheets_test

import (
	"fmt"
	"io"
	"testing"
	"time"

	"server5k/gateway/sheets"
)

// records has as many rows as one event has finishing times.
func records() sheets.Sheet {
	s := sheets.Sheet{Name: "Tiempos", Header: []string{"Dorsal", "Equipo", "Categoría", "Tiempo", "Registrado", "Juez"}}
	at := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	for i := range 1500 {
		elapsed := 20*time.Minute + time.Duration(i)*777*time.Millisecond
		s.Rows = append(s.Rows, []sheets.Cell{
			sheets.Integer(int64(100 + i%100)), sheets.Text(fmt.Sprintf("Ñandúes de la Facultad %d", i%100)), sheets.Text("Estudiantes por Equipos"),
			sheets.Duration(elapsed), sheets.Instant(at.Add(elapsed)), sheets.Text("Íñiguez"),
		})
	}
	return s
}

func BenchmarkWrite(b *testing.B) {
	s := records()
	b.Run("csv", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := sheets.WriteCSV(io.Discard, s, ';'); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("xlsx", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := sheets.WriteXLSX(io.Discard, s); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkRead(b *testing.B) {
	data := writeXLSX(b, records())
	b.ReportAllocs()
	for b.Loop() {
		if _, err := sheets.Read("x", data, sheets.DefaultLimits()); err != nil {
			b.Fatal(err)
		}
	}
}
