package main

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"time"

	"server5k/persistence"
	"server5k/race"
)

// exportVersion numbers the shape of exportFile.
const exportVersion = 1

// exportFile is a whole competition as limpiar_registros leaves it behind. Times
// are RFC 3339 in UTC, durations milliseconds.
type exportFile struct {
	Version     int               `json:"version"`
	ExportedAt  time.Time         `json:"exportado_en"`
	Competition competitionExport `json:"competencia"`
	Teams       []teamExport      `json:"equipos"`
	Records     []recordExport    `json:"registros"`
	Held        []recordExport    `json:"registros_retenidos"`
}

type competitionExport struct {
	ID         race.CompetitionID `json:"id"`
	Name       string             `json:"name"`
	Datetime   time.Time          `json:"datetime"`
	Active     bool               `json:"is_active"`
	StartedAt  time.Time          `json:"started_at,omitzero"`
	FinishedAt time.Time          `json:"finished_at,omitzero"`
	TeamSize   int                `json:"integrantes"`
	Rounding   race.Rounding      `json:"redondeo"`
}

type teamExport struct {
	ID            race.TeamID   `json:"id"`
	Name          string        `json:"name"`
	Number        int           `json:"number"`
	Category      race.Category `json:"category"`
	Judge         race.JudgeID  `json:"juez_id,omitzero"`
	JudgeUsername string        `json:"judge_username,omitzero"`
}

type recordExport struct {
	ID               string       `json:"id_registro"`
	Team             race.TeamID  `json:"equipo_id"`
	Judge            race.JudgeID `json:"juez_id,omitzero"`
	Elapsed          int64        `json:"tiempo"`
	ReceivedAt       time.Time    `json:"timestamp"`
	Source           race.Source  `json:"origen"`
	Slot             int          `json:"puesto,omitzero"`
	Seq              int64        `json:"sec"`
	Reason           race.Code    `json:"motivo,omitzero"`
	Anonymous        bool         `json:"sin_id,omitzero"`
	MarkedAt         time.Time    `json:"marcado_en,omitzero"`
	ClockOffset      int64        `json:"desfase_ms,omitzero"`
	ClockUncertainty int64        `json:"incertidumbre_ms,omitzero"`
	Device           string       `json:"dispositivo,omitzero"`
	DeviceSeq        int64        `json:"secuencia,omitzero"`
}

// exportCompetition writes a competition with its teams and all its records to a
// new file in DATA_DIR and returns its path once the file is on disk.
func exportCompetition(ctx context.Context, cfg *Config, store persistence.Store, c race.Competition) (string, error) {
	teams, err := store.Teams(ctx, race.TeamFilter{Competition: c.ID})
	if err != nil {
		return "", err
	}
	records, err := store.Records(ctx, c.ID)
	if err != nil {
		return "", err
	}
	held, err := store.Held(ctx, c.ID)
	if err != nil {
		return "", err
	}
	file := exportFile{
		Version: exportVersion, ExportedAt: now(),
		Competition: competitionExport{
			ID: c.ID, Name: c.Name, Datetime: c.ScheduledAt, Active: c.Active,
			StartedAt: c.StartedAt, FinishedAt: c.FinishedAt, TeamSize: c.TeamSize, Rounding: c.Rounding,
		},
		Teams: make([]teamExport, 0, len(teams)), Records: exportRecords(records), Held: exportRecords(held),
	}
	for _, t := range teams {
		file.Teams = append(file.Teams, teamExport{t.ID, t.Name, t.Bib, t.Category, t.Judge, t.JudgeUsername})
	}
	data, err := json.MarshalIndent(file, "", " ")
	if err != nil {
		return "", err
	}
	name := fmt.Sprintf("export-%d-%s.json", c.ID, fileStamp(time.Now().In(cfg.Location)))
	path := filepath.Join(cfg.DataDir, name)
	return path, writeNew(path, append(data, '\n'))
}

func exportRecords(records []race.TimeRecord) []recordExport {
	out := make([]recordExport, 0, len(records))
	for _, r := range records {
		out = append(out, recordExport{
			ID: r.ID.String(), Team: r.Team, Judge: r.Judge, Elapsed: r.Elapsed.Milliseconds(),
			ReceivedAt: r.ReceivedAt, Source: r.Source, Slot: r.Slot, Seq: r.Seq, Reason: r.Reason, Anonymous: r.Anonymous,
			MarkedAt: r.Mark.MarkedAt, ClockOffset: r.Mark.ClockOffset.Milliseconds(),
			ClockUncertainty: r.Mark.ClockUncertainty.Milliseconds(), Device: r.Mark.Device, DeviceSeq: r.Mark.DeviceSeq,
		})
	}
	return out
}
