package admin

import (
	"context"
	"net/http"

	"server5k/gateway/office"
	"server5k/race"
)

// categoryNames are the names of categories for people, by their codes.
type categoryNames map[race.Category]string

// Of returns the name of a category, for one that is gone what its code says.
func (n categoryNames) Of(k race.Category) string {
	if name := n[k]; name != "" {
		return name
	}
	return k.Label()
}

func (c *call) categoryNames(ctx context.Context) (categoryNames, error) {
	rows, err := c.p.cfg.Desk.Categories(ctx, c.who)
	if err != nil {
		return nil, err
	}
	names := make(categoryNames, len(rows))
	for _, k := range rows {
		names[k.Code] = k.Name
	}
	return names, nil
}

// categoriesPage lists the categories, with the form of a new one or of the one
// that is being renamed.
type categoriesPage struct {
	Rows []race.CategoryRow
	Form *form
	Edit string // code of the one that is renamed, "" a new one
	Tag  office.Tag
}

// categories answers GET /admin/categorias/?codigo=….
func categories(ctx context.Context, c *call) error {
	return c.showCategories(ctx, http.StatusOK, newForm(), c.query("codigo"), "")
}

// saveCategory answers POST /admin/categorias/: hacer is crear, cambiar or
// eliminar.
func saveCategory(ctx context.Context, c *call) error {
	f := c.form("codigo", "nombre")
	code, name, tag := race.Category(f.Values["codigo"]), f.Values["nombre"], office.Tag(c.value("version"))
	what := c.value("hacer")
	desk := c.p.cfg.Desk
	done := "saved"
	var err error
	switch what {
	case "eliminar":
		done, err = "deleted", desk.DeleteCategory(ctx, c.who, code, tag)
	case "cambiar":
		if c.required(f, "nombre"); !f.bad() {
			_, err = desk.UpdateCategory(ctx, c.who, code, tag, office.CategoryForm{Name: &name})
		}
	default:
		if c.required(f, "codigo", "nombre"); !f.bad() {
			_, err = desk.CreateCategory(ctx, c.who, office.CategoryForm{Code: &code, Name: &name})
		}
	}
	if err == nil && !f.bad() {
		return c.done("/admin/categorias/", done)
	}
	if err != nil && !c.refuse(f, err) {
		return err
	}
	edit := ""
	if what == "cambiar" {
		edit = string(code)
	}
	return c.showCategories(ctx, http.StatusUnprocessableEntity, f, edit, tag)
}

func (c *call) showCategories(ctx context.Context, status int, f *form, edit string, tag office.Tag) error {
	rows, err := c.p.cfg.Desk.Categories(ctx, c.who)
	if err != nil {
		return err
	}
	page := categoriesPage{Rows: rows, Form: f, Tag: tag}
	for _, k := range rows {
		if string(k.Code) != edit {
			continue
		}
		page.Edit = edit
		if !f.bad() {
			f.Values["codigo"], f.Values["nombre"], page.Tag = edit, k.Name, office.TagOf(k)
		}
	}
	return c.page(status, "categories", c.say("categories.title"), page)
}
