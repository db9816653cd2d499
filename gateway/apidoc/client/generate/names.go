package main

// names are the Go names of keys that are Spanish on the wire. A key that is not
// here keeps its own.
var names = map[string]string{
	"activa":             "Active",
	"ausentes":           "Absent",
	"categoria":          "Category",
	"codigo":             "Code",
	"competencia":        "Competition",
	"competencia_id":     "CompetitionIDAlias",
	"competencias":       "Competitions",
	"desfase_ms":         "ClockOffset",
	"dispositivo":        "Device",
	"dorsal":             "Bib",
	"duplicado":          "Duplicate",
	"en_curso":           "Running",
	"equipo_dorsal":      "Bib",
	"equipo_id":          "TeamID",
	"equipo_nombre":      "TeamName",
	"equipos":            "Teams",
	"estado":             "Status",
	"exito":              "OK",
	"horas":              "Hours",
	"id_registro":        "ID",
	"incertidumbre_ms":   "ClockUncertainty",
	"indice":             "Index",
	"juez_id":            "JudgeIDAlias",
	"marcado_en":         "MarkedAt",
	"maximo_registros":   "Max",
	"mejor":              "Best",
	"mensaje":            "Message",
	"milisegundos":       "Milliseconds",
	"minutos":            "Minutes",
	"motivo":             "Reason",
	"politica_redondeo":  "Rounding",
	"promedio":           "Average",
	"puede_enviar":       "MaySend",
	"puesto":             "Place",
	"puesto_categoria":   "CategoryPlace",
	"registros":          "Records",
	"registros_fallidos": "Failed",
	"resultados":         "Results",
	"secuencia":          "DeviceSeq",
	"segundos":           "Seconds",
	"tiempo":             "Elapsed",
	"tiempo_total":       "Total",
	"total_guardados":    "Stored",
	"total_registros":    "Recorded",
}

// name gives a property or parameter its Go name.
func name(key string, v map[string]any) {
	if in, ok := v["in"].(string); ok && in == "query" {
		key, _ = v["name"].(string)
	}
	if english, ok := names[key]; ok {
		v["x-go-name"] = english
	}
}
