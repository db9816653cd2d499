package race

import (
	"errors"
	"fmt"
)

// Code is a stable machine word for why something was refused. The values are
// part of the wire contract (`codigo`).
type Code string

// The codes of the wire contract, section 3.
const (
	CodeMalformed    Code = "mensaje_invalido"
	CodeUnknownType  Code = "tipo_desconocido"
	CodeMissingField Code = "campo_faltante"
	CodeInvalidValue Code = "valor_invalido"
	CodeNoSuchTeam   Code = "equipo_inexistente"
	CodeForeignTeam  Code = "equipo_ajeno"
	CodeNotRunning   Code = "competencia_no_en_curso"
	CodeTeamComplete Code = "equipo_completo"
	CodeConflict     Code = "conflicto"
	CodeTooMany      Code = "demasiados_registros"
	CodeRateLimited  Code = "limite_de_velocidad"
	CodeUnavailable  Code = "no_disponible"
	// CodeWithheld is not sent: a record that was good, in a request that is
	// all or nothing and was refused because of another one.
	CodeWithheld      Code = "envio_rechazado"
	CodeAlreadyRuns   Code = "competencia_en_curso"
	CodeNoCompetition Code = "competencia_inexistente"
	CodeInternal      Code = "error_interno"
	// What organizers are refused.
	CodeNotFinished Code = "competencia_no_terminada"
	CodeNoRecord    Code = "registro_inexistente"
	CodeNoRuling    Code = "decision_inexistente"
	CodeRuling      Code = "decision_imposible" // the evidence is not as the order takes it to be
	// CodeManual is why a record that was typed in does not count by itself.
	CodeManual    Code = "manual"
	CodeFindings  Code = "revision_pendiente" // findings are open
	CodeInUse     Code = "en_uso"             // what is to be deleted has others that depend on it
	CodeTaken     Code = "ya_existe"          // a name or number that must be unique
	CodeStale     Code = "version_anterior"   // somebody else has changed it meanwhile
	CodeForbidden Code = "sin_permiso"
)

// Error is a rule that a client broke, or a reason why it must try again. Text
// is for people, in Spanish; it never carries data of another judge's team.
type Error struct {
	Code  Code
	Text  string
	Cause error // what lies behind it, for the log only; nil for most
}

// Error returns the text for people.
func (e *Error) Error() string { return e.Text }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// Errorf makes an Error with a formatted text.
func Errorf(code Code, format string, args ...any) error {
	return &Error{Code: code, Text: fmt.Sprintf(format, args...)}
}

// CodeOf returns the code of the first Error in err's chain, CodeInternal if
// there is none and "" for nil.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return CodeInternal
}

var (
	// ErrFenced says that another owner has taken the competition over: drop
	// the state in memory and activate again.
	ErrFenced = errors.New("the epoch of this owner is over")
	// ErrNotFound says that a row does not exist.
	ErrNotFound = errors.New("not found")
)
