package race

// TeamID identifies a team; positive.
type TeamID int64

// Category groups teams that compete with one another, by its wire value.
type Category string

// The categories of the event this server was made for.
const (
	CategoryStudents  Category = "estudiantes"
	CategoryFaculties Category = "interfacultades"
)

// Label returns the name of the category for people; the value itself for a
// category that an organizer made up.
func (c Category) Label() string {
	switch c {
	case CategoryStudents:
		return "Estudiantes por Equipos"
	case CategoryFaculties:
		return "Interfacultades por Equipos"
	}
	return string(c)
}

// Team is a team in a competition. Judge is 0 when nobody times it.
type Team struct {
	ID          TeamID
	Competition CompetitionID
	Judge       JudgeID
	Name        string
	Bib         int // the team's number, unique in its competition
	Category    Category
}
