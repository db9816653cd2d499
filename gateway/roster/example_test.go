package roster_test

import (
	"fmt"

	"server5k/gateway/roster"
	"server5k/gateway/sheets"
)

func ExampleCompare() {
	table, err := sheets.Read("equipos.csv", []byte("Dorsal;Equipo;Categoría\n101;Ñandúes;Egresados\n"), sheets.DefaultLimits())
	if err != nil {
		fmt.Println(err)
		return
	}
	teams, problems := roster.Parse(table)
	plan := roster.Compare(teams, roster.Existing{Competition: 5})
	for _, line := range roster.NewReport(problems, plan).Lines {
		fmt.Println(line.Row, line.Text.ES)
	}
	// Output:
	// 2 categoría «Egresados» nueva
	// 2 equipo 101 «Ñandúes» nuevo
}
