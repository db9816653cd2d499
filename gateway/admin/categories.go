package admin

import (
	"context"
	"net/http"

	"server5k/gateway/office"
	"server5k/race"
)

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
