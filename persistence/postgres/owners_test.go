package postgres

import (
	"errors"
	"testing"

	"server5k/race"
)

// Two owners that raise the epoch one after the other, and only then load, must
// not both believe that they have the last one.
func TestActivate_RaisedAgainBeforeLoading(t *testing.T) {
	t.Parallel()
	url, s, epochs := opened(t)
	exec(t, root(t, url), `CREATE FUNCTION other_owner() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    UPDATE competitions SET epoch = epoch + 1 WHERE id = NEW.id; RETURN NULL;
END $$;
CREATE TRIGGER other_owner AFTER UPDATE OF epoch ON competitions FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION other_owner()`)
	if a, err := s.Activate(t.Context(), 1); !errors.Is(err, race.ErrFenced) {
		t.Errorf("got epoch %d, %v; want race.ErrFenced", a.Epoch, err)
	}
	if _, _, err := s.Append(t.Context(), one(1, epochs[1]+1)); !errors.Is(err, race.ErrFenced) {
		t.Errorf("append under the epoch that was raised again: got %v", err)
	}
}

// A batch that was decided as often as it may be and is still not stored has no
// success, whatever the last reason was.
func TestAppend_NotStoredIsNoSuccess(t *testing.T) {
	t.Parallel()
	url, s, epochs := opened(t)
	stored := one(2, epochs[2])
	mustAppend(t, s, stored)
	mustAppend(t, s, one(1, epochs[1])) // its state is fresh
	exec(t, root(t, url), `CREATE SEQUENCE tries;
CREATE FUNCTION restless() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
    IF nextval('public.tries') < 3 THEN RAISE EXCEPTION 'moved on' USING ERRCODE = '5K002'; END IF;
    RAISE unique_violation;
END $$;
CREATE TRIGGER restless BEFORE UPDATE OF seq ON competitions FOR EACH ROW EXECUTE FUNCTION restless()`)
	b := one(1, epochs[1])
	b.Requests[0].Records = append(b.Requests[0].Records, stored.Requests[0].Records...) // its id is taken
	if d, _, err := s.Append(t.Context(), b); err == nil {
		t.Errorf("nothing is stored, got %+v", d.Replies)
	}
}
