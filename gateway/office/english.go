package office

import (
	"fmt"
	"strings"
)

// refusals are the texts that organizers get from the domain, the owners and the
// store, as these format them, and the same in English with the same arguments as
// texts.
var refusals = [...][2]string{
	{"La clave de la orden ya se usó para otra decisión", "The key of the order was used for another ruling"},
	{"No hay nada que revisar con esa clave", "There is nothing to review with that key"},
	{"La decisión %q no existe", "There is no ruling %s"},
	{"La decisión %d no existe", "There is no ruling %s"},
	{"La competencia no se ha iniciado", "The competition has not been started"},
	{"La salida no puede corregirse en más de 24 horas", "The gun cannot be corrected by more than 24 hours"},
	{"La salida ya es esa", "The gun is that already"},
	{"Con esa salida la marca %d quedaría antes de la partida", "With that gun the mark %s would lie before the start"},
	{"El registro %d no existe", "There is no record %s"},
	{"El registro no está retenido", "The record is not held"},
	{"El registro ya está anulado", "The record is void already"},
	{"El registro no está anulado", "The record is not void"},
	{"El equipo %d no existe en esta competencia", "There is no team %s in this competition"},
	{"El registro ya es de ese equipo", "The record is that team's already"},
	{"El equipo ya tiene %d registros que cuentan; anule uno primero", "The team has %s records that count already; void one first"},
	{"tiempo debe estar entre 1 y %d milisegundos y ser posterior a la salida", "tiempo must be 1 to %s milliseconds and after the gun"},
	{"El equipo ya está descalificado", "The team is disqualified already"},
	{"La penalización debe estar entre 1 milisegundo y 1 hora", "The penalty must be 1 millisecond to 1 hour"},
	{"Esa decisión no se puede deshacer", "That ruling cannot be undone"},
	{"La decisión ya está deshecha", "The ruling is undone already"},
	{"La competencia está en curso; deténgala antes de publicar resultados oficiales", "The competition is running; stop it before you publish official results"},
	{"Quedan %d puntos por revisar", "%s findings are still to be reviewed"},
	{"La competencia ya está en curso", "The competition is running already"},
	{"La competencia no está en curso", "The competition is not running"},
	{"La competencia %d no existe", "There is no competition %s"},
	{"El equipo %d no existe", "There is no team %s"},
	{"La competencia no existe", "The competition does not exist"},
	{"La clave de la orden es la de una marca de ese equipo", "The key of the order is that of a mark of this team"},
	{"La competencia, la categoría o el juez del equipo no existe", "The competition, category or judge of the team does not exist"},
	{"Un valor no se admite", "A value is not allowed"},
	{"El webhook no está activo; actívelo primero", "The webhook is not active; activate it first"},
	{"Alguien más ha cambiado el webhook", "Somebody else has changed the webhook"},
	{"id_registro ya se usó para otro tiempo", "id_registro was used for another time"},
	{"Ya hay resultados oficiales; pida la anulación al organizador", "There are official results already; ask the organizer to void it"},
	{"Pasó demasiado tiempo; pida la anulación al organizador", "Too much time has passed; ask the organizer to void it"},
	{"El equipo %d no está asignado a usted", "Team %s is not yours"},
	{"Esa decisión es del organizador", "That ruling is the organizer's"},
	{"El registro no existe", "The record does not exist"},
	{"El organizador ya decidió sobre ese registro", "The organizer has ruled on that record already"},
	{"total debe estar entre 0 y %d", "total must be 0 to %s"},
	{"secuencia no es un número válido", "secuencia is not a valid number"},
	{"dispositivo debe ser un texto de hasta %d caracteres", "dispositivo must be a text of up to %s characters"},
	{"El equipo ya está oculto", "The team is concealed already"},
	{"El registro ya está oculto", "The record is concealed already"},
	{"Servicio no disponible en este momento, reintente", "The service is not available now, try again"},
}

// english returns the English of a text, the text itself when it is not known.
func english(text string) string {
	for _, r := range refusals {
		if args, ok := scan(r[0], text); ok {
			return fmt.Sprintf(r[1], args...)
		}
	}
	return text
}

// scan returns what stands in text for the verbs of a format.
func scan(format, text string) (args []any, ok bool) {
	for {
		literal, rest, more := strings.Cut(format, "%")
		if text, ok = strings.CutPrefix(text, literal); !ok {
			return nil, false
		}
		if !more {
			return args, text == ""
		}
		format = rest[1:] // without the letter of the verb
		next, _, _ := strings.Cut(format, "%")
		end := len(text)
		if next != "" {
			if end = strings.Index(text, next); end < 0 {
				return nil, false
			}
		}
		args, text = append(args, text[:end]), text[end:]
	}
}
