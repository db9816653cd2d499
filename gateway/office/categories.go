package office

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"server5k/race"
)

// Categories lists all by code; they are the same for all competitions.
func (d *Desk) Categories(ctx context.Context, _ Who) ([]race.CategoryRow, error) {
	list, err := d.store.Categories(ctx)
	if err != nil {
		return nil, fmt.Errorf("list categories: %w", err)
	}
	return list, nil
}

// Category reads one. race.ErrNotFound.
func (d *Desk) Category(ctx context.Context, w Who, code race.Category) (race.CategoryRow, error) {
	list, err := d.Categories(ctx, w)
	if err != nil {
		return race.CategoryRow{}, err
	}
	i := slices.IndexFunc(list, func(c race.CategoryRow) bool { return c.Code == code })
	if i < 0 {
		return race.CategoryRow{}, race.ErrNotFound
	}
	return list[i], nil
}

// CreateCategory makes a category. race.CodeTaken for a code.
func (d *Desk) CreateCategory(ctx context.Context, w Who, f CategoryForm) (race.CategoryRow, error) {
	if err := w.write(); err != nil {
		return race.CategoryRow{}, err
	}
	var check checker
	check.required("codigo", f.Code == nil)
	check.required("nombre", f.Name == nil)
	var c race.CategoryRow
	check.line("nombre", f.Name, &c.Name, maxName, false)
	if f.Code != nil {
		c.Code = *f.Code
		if n := len(c.Code); n == 0 || n > maxCode || strings.Trim(string(c.Code), "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			check.add("codigo", Text{
				fmt.Sprintf("Debe tener de 1 a %d letras minúsculas sin tilde, dígitos, - o _.", maxCode), fmt.Sprintf("It must have 1 to %d plain lower-case letters, digits, - or _.", maxCode),
			})
		}
	}
	if err := check.err(); err != nil {
		return c, err
	}
	by := d.sign(w)
	return c, d.store.Edit(ctx, func(ctx context.Context, e race.Editor) error {
		switch _, err := e.Category(ctx, c.Code); {
		case err == nil:
			return refuse(race.CodeTaken, Text{"Ya existe una categoría con ese código.", "There is a category with that code."})
		case !isNotFound(err):
			return err
		}
		return putCategory(ctx, e, by, "category.create", nil, c)
	})
}

// UpdateCategory renames a category, for a superuser only: it is everybody's.
func (d *Desk) UpdateCategory(ctx context.Context, w Who, code race.Category, tag Tag, f CategoryForm) (race.CategoryRow, error) {
	if err := w.super(); err != nil {
		return race.CategoryRow{}, err
	}
	by := d.sign(w)
	var after race.CategoryRow
	err := d.store.Edit(ctx, func(ctx context.Context, e race.Editor) error {
		before, err := e.Category(ctx, code)
		if err != nil {
			return err
		}
		if err := tag.check(before); err != nil {
			return err
		}
		var check checker
		if f.Code != nil && *f.Code != code {
			check.add("codigo", Text{"El código no se puede cambiar.", "The code cannot be changed."})
		}
		after = before
		check.line("nombre", f.Name, &after.Name, maxName, false)
		if err := check.err(); err != nil || after == before {
			return err
		}
		return putCategory(ctx, e, by, "category.update", fields{"codigo": string(code), "nombre": before.Name}, after)
	})
	return after, err
}

func putCategory(ctx context.Context, e race.Editor, by race.Signature, action string, before fields, c race.CategoryRow) error {
	if err := e.PutCategory(ctx, c); err != nil {
		return err
	}
	return e.Note(ctx, note(by, action, 0, c.Name, changes(before, fields{"codigo": string(c.Code), "nombre": c.Name})))
}

// DeleteCategory removes a category without teams, race.CodeInUse otherwise; for a
// superuser only.
func (d *Desk) DeleteCategory(ctx context.Context, w Who, code race.Category, tag Tag) error {
	if err := w.super(); err != nil {
		return err
	}
	by := d.sign(w)
	return d.store.Edit(ctx, func(ctx context.Context, e race.Editor) error {
		c, err := e.Category(ctx, code)
		if err != nil {
			return err
		}
		if err := tag.check(c); err != nil {
			return err
		}
		if err := e.RemoveCategory(ctx, code); err != nil {
			return inUse(err, Text{"La categoría tiene equipos y no se puede eliminar.", "The category has teams and cannot be deleted."})
		}
		return e.Note(ctx, note(by, "category.delete", 0, c.Name, changes(fields{"codigo": string(code), "nombre": c.Name}, nil)))
	})
}
