package gateway

import (
	"cmp"
	"context"
	"net/http"

	"server5k/gateway/office"
	"server5k/race"
)

var textNoCategory = phrase{"La categoría no existe.", "The category does not exist."}

// categories answers GET /api/categorias/.
func (s *Server) categories(c *call) error {
	rows, err := consult(c, "list categories", func(ctx context.Context, d *office.Desk, w office.Who) ([]race.CategoryRow, error) {
		return d.Categories(ctx, w)
	})
	if err != nil {
		return err
	}
	return list(c, rows, listing[race.CategoryRow]{
		wire: func(r race.CategoryRow) any { return categoryOf(r) },
		order: map[string]func(a, b race.CategoryRow) int{
			"codigo": func(a, b race.CategoryRow) int { return cmp.Compare(a.Code, b.Code) },
			"nombre": func(a, b race.CategoryRow) int { return cmp.Compare(fold(a.Name), fold(b.Name)) },
		},
		texts: func(r race.CategoryRow) []string { return []string{string(r.Code), r.Name} },
	})
}

// category answers GET /api/categorias/{codigo}/.
func (s *Server) category(c *call) error {
	row, err := consult(c, "read category", func(ctx context.Context, d *office.Desk, w office.Who) (race.CategoryRow, error) {
		return d.Category(ctx, w, race.Category(c.idText))
	})
	return c.answerCategory(http.StatusOK, row, err)
}

func (c *call) answerCategory(status int, row race.CategoryRow, err error) error {
	if err != nil {
		return c.missing(err, textNoCategory)
	}
	return c.row(status, row, categoryOf(row))
}

func (c *call) categoryForm() (office.CategoryForm, error) {
	f, err := c.form()
	if err != nil {
		return office.CategoryForm{}, err
	}
	f.whole("nombre")
	return office.CategoryForm{Code: named[race.Category](f.text("codigo")), Name: f.text("nombre")}, f.err()
}

// createCategory answers POST /api/categorias/.
func (s *Server) createCategory(c *call) error {
	form, err := c.categoryForm()
	if err != nil {
		return err
	}
	row, err := consult(c, "create category", func(ctx context.Context, d *office.Desk, w office.Who) (race.CategoryRow, error) {
		return d.CreateCategory(ctx, w, form)
	})
	return c.answerCategory(http.StatusCreated, row, err)
}

// updateCategory answers PUT and PATCH /api/categorias/{codigo}/.
func (s *Server) updateCategory(c *call) error {
	form, err := c.categoryForm()
	if err != nil {
		return err
	}
	row, err := consult(c, "change category", func(ctx context.Context, d *office.Desk, w office.Who) (race.CategoryRow, error) {
		return d.UpdateCategory(ctx, w, race.Category(c.idText), c.ifMatch(), form)
	})
	return c.answerCategory(http.StatusOK, row, err)
}

// deleteCategory answers DELETE /api/categorias/{codigo}/.
func (s *Server) deleteCategory(c *call) error {
	err := do(c, "delete category", func(ctx context.Context, d *office.Desk, w office.Who) error {
		return d.DeleteCategory(ctx, w, race.Category(c.idText), c.ifMatch())
	})
	return c.gone(c.missing(err, textNoCategory))
}
