package hooks

import (
	"strings"

	"server5k/race"
)

// Text is for people, in both languages.
type Text struct{ ES, EN string }

// Fault says what is wrong with a field of a form. Field is its name on the wire.
type Fault struct {
	Field string
	Text  Text
}

// InvalidError refuses a form.
type InvalidError struct{ Faults []Fault }

// Error names the fields.
func (e *InvalidError) Error() string {
	fields := make([]string, len(e.Faults))
	for i, f := range e.Faults {
		fields[i] = f.Field + ": " + f.Text.ES
	}
	return "webhook inválido: " + strings.Join(fields, "; ")
}

// The names of the fields of a Form on the wire.
const (
	FieldCompetition = "competencia_id"
	FieldURL         = "url"
	FieldKinds       = "tipos"
)

// wireTypes are the kinds as receivers and organizers know them.
var wireTypes = map[race.WebhookKind]string{
	race.WebhookStart:    "competencia.iniciada",
	race.WebhookStop:     "competencia.detenida",
	race.WebhookTeam:     "equipo.completo",
	race.WebhookOfficial: "resultados.oficiales",
}

// Type returns the wire value of a kind, `tipo` of a message.
func Type(k race.WebhookKind) string { return wireTypes[k] }

// KindOf returns the kind of a wire value; false when there is none.
func KindOf(wire string) (race.WebhookKind, bool) {
	for _, k := range race.WebhookKinds() {
		if wireTypes[k] == wire {
			return k, true
		}
	}
	return "", false
}

// KindText names a kind for people.
func KindText(k race.WebhookKind) Text {
	switch k {
	case race.WebhookStart:
		return Text{"Salida", "Start"}
	case race.WebhookStop:
		return Text{"Detención", "Stop"}
	case race.WebhookTeam:
		return Text{"Equipo completo", "Team complete"}
	case race.WebhookOfficial:
		return Text{"Resultados oficiales", "Official results"}
	}
	return Text{string(k), string(k)}
}

// StateText names the state of a delivery for people.
func StateText(s race.DeliveryState) Text {
	switch s {
	case race.DeliveryPending:
		return Text{"Pendiente", "Pending"}
	case race.DeliveryDelivered:
		return Text{"Entregada", "Delivered"}
	case race.DeliveryFailed:
		return Text{"Fallida", "Failed"}
	}
	return Text{string(s), string(s)}
}

// FaultText says for people why an attempt failed; empty without a fault. It tells
// nothing of our network.
func FaultText(f race.DeliveryFault) Text {
	switch f {
	case race.FaultRefused:
		return Text{"Dirección no permitida", "Refused address"}
	case race.FaultUnreachable:
		return Text{"Nadie responde en esa dirección", "Nobody answers at that address"}
	case race.FaultTLS:
		return Text{"El certificado no es válido", "The certificate is not valid"}
	case race.FaultTimeout:
		return Text{"No respondió en 10 segundos", "No answer within 10 seconds"}
	case race.FaultStatus:
		return Text{"La respuesta no fue 2xx", "The answer was not 2xx"}
	case race.FaultRedirect:
		return Text{"Respondió con una redirección, que no se sigue", "It answered with a redirect, which is not followed"}
	case race.FaultGone:
		return Text{"Respondió 410: el webhook se desactivó", "It answered 410: the webhook was switched off"}
	case race.FaultExpired:
		return Text{"Esperó más de 24 horas", "It waited more than 24 hours"}
	case race.FaultInactive:
		return Text{"El webhook se desactivó antes", "The webhook was switched off before"}
	}
	return Text{string(f), string(f)}
}
