package race

import "time"

// JudgeID identifies a finish judge; positive, 0 is nobody.
type JudgeID int64

// OrganizerID identifies an organizer; positive.
type OrganizerID int64

// Judge is a person who times teams at the finish line.
type Judge struct {
	ID        JudgeID
	Username  string
	FirstName string
	LastName  string
	Email     string
	Active    bool
	CreatedAt time.Time
	// SignedOutAt ends every token that was given out before.
	SignedOutAt time.Time
}

// FullName joins first and last name; empty when both are.
func (j Judge) FullName() string {
	switch {
	case j.FirstName == "":
		return j.LastName
	case j.LastName == "":
		return j.FirstName
	}
	return j.FirstName + " " + j.LastName
}

// Role is what an organizer may do, by its value in tokens.
type Role string

// The roles. A superuser may do everything; an organizer what concerns the
// competitions that were granted; a viewer sees the same and changes nothing.
const (
	RoleSuperuser Role = "superusuario"
	RoleOrganizer Role = "organizador"
	RoleViewer    Role = "observador"
)

// Organizer runs competitions. One with neither Superuser nor Viewer is an
// organizer by role.
type Organizer struct {
	ID        OrganizerID
	Username  string
	Email     string
	Superuser bool
	Viewer    bool // sees and changes nothing
	Active    bool
	CreatedAt time.Time
	// SignedOutAt ends every token and session that was given out before.
	SignedOutAt time.Time
}

// Role returns the organizer's role.
func (o Organizer) Role() Role {
	switch {
	case o.Superuser:
		return RoleSuperuser
	case o.Viewer:
		return RoleViewer
	}
	return RoleOrganizer
}
