package sheets_test

import (
	"fmt"

	"server5k/gateway/sheets"
)

func ExampleRead() {
	table, err := sheets.Read("equipos.csv", []byte("Dorsal;Equipo\n\n101;Ñandúes\n"), sheets.DefaultLimits())
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, row := range table.Rows {
		fmt.Println(row.Number, row.Cells)
	}
	// Output:
	// 1 [Dorsal Equipo]
	// 3 [101 Ñandúes]
}
