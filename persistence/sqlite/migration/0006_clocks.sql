-- +goose Up
-- Whose clock decides, and what judges say of their own marks: rulings of the kind
-- declare have {"total":n,"device":"…","highest":n} in decisions.value.

ALTER TABLE competitions ADD COLUMN clock_policy TEXT NOT NULL DEFAULT 'cliente' CHECK (clock_policy IN ('cliente', 'corregido')); -- race.ClockPolicy
