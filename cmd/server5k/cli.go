package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"github.com/alecthomas/kong"
	"github.com/joho/godotenv"
)

// cli is the grammar of the command line.
type cli struct {
	Config Config `embed:""`

	Serve           serveCmd           `cmd:"" default:"withargs" help:"Sirve la carrera (es el comando si no se da otro)."`
	Health          healthCmd          `cmd:"" help:"Pregunta al servidor de este equipo si puede atender."`
	Cert            certCmd            `cmd:"" help:"Hace certificados para servir con TLS en una red local."`
	ClusterCmd      clusterCmd         `cmd:"" name:"cluster" help:"Pregunta por los nodos de un clúster."`
	Migrate         migrateCmd         `cmd:"" help:"Crea la base de datos o la lleva a la versión de este programa."`
	CreateSuperuser createSuperuserCmd `cmd:"" name:"createsuperuser" help:"Crea un organizador con todos los permisos."`
	PopulateData    populateCmd        `cmd:"" name:"populate_data" help:"Crea una competencia con jueces y equipos."`
	Verify          verifyCmd          `cmd:"" help:"Comprueba que nada de lo guardado cambió."`
	Export          exportCmd          `cmd:"" help:"Guarda toda la base de datos en un archivo."`
	Import          importCmd          `cmd:"" help:"Importa un archivo de «export» o un volcado de «manage.py dumpdata»."`
	Purge           purgeCmd           `cmd:"" name:"limpiar_registros" help:"Exporta y borra competencias terminadas hace tiempo."`
	Version         versionCmd         `cmd:"" help:"Muestra la versión."`
}

// stdio is where a command reads and writes.
type stdio struct {
	in       io.Reader
	out, err io.Writer
}

// printf writes to the output. A closed output is no reason to stop half way
// through a command, so the error is dropped.
func (s stdio) printf(format string, args ...any) { _, _ = fmt.Fprintf(s.out, format, args...) }

// warnf writes a line that is not part of the result.
func (s stdio) warnf(format string, args ...any) { _, _ = fmt.Fprintf(s.err, format, args...) }

type lookupFunc = func(name string) (string, bool)

// run parses args and runs the command in them. env is the environment; a .env
// file in the working directory adds to it.
func run(ctx context.Context, args []string, env lookupFunc, std stdio) error {
	lookup, err := withDotenv(env, ".env")
	if err != nil {
		return err
	}
	var app cli
	exited := false
	parser, err := newParser(&app, lookup, std, func(int) { exited = true })
	if err != nil {
		return fmt.Errorf("build the command line: %w", err)
	}
	parsed, err := parser.Parse(args)
	if exited { // --help has printed what was asked for
		return nil
	}
	if err != nil {
		return fmt.Errorf("argumentos: %w", err)
	}
	switch parsed.Command() {
	case "version", "cluster status": // nothing, or only Redis
	default:
		if err := app.Config.validate(app.Serve.Demo); err != nil {
			return fmt.Errorf("opciones:\n%w", err)
		}
	}
	parsed.BindTo(ctx, (*context.Context)(nil))
	return parsed.Run()
}

// newParser builds the parser of app, which takes from lookup what is not on the
// command line. Kong would read the environment of the process itself and take
// an empty variable for a value, so the names are kept in variables instead.
func newParser(app *cli, lookup lookupFunc, std stdio, exit func(int)) (*kong.Kong, error) {
	env := variables{}
	return kong.New(app,
		kong.Name("server5k"),
		kong.Description("Servidor de cronometraje para carreras 5K por equipos."),
		kong.Writers(std.out, std.err),
		kong.Exit(exit),
		kong.Help(spanishHelp),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.ValueFormatter(env.help),
		kong.PostBuild(func(k *kong.Kong) error { env.takeOver(k.Model.Node); return nil }),
		kong.Resolvers(env.resolver(lookup)),
		kong.Bind(&app.Config, std),
	)
}

// variables are the names of the environment variables of each flag.
type variables map[*kong.Value][]string

// takeOver moves the names of n and all below it from kong's model to v.
func (v variables) takeOver(n *kong.Node) {
	for _, flag := range n.Flags {
		if len(flag.Tag.Envs) > 0 {
			v[flag.Value] = flag.Tag.Envs
			flag.Tag.Envs = nil
		}
	}
	for _, child := range n.Children {
		v.takeOver(child)
	}
}

// resolver gives a flag the first of its variables that is set. An empty one
// counts as not set, as compose files write it.
func (v variables) resolver(lookup lookupFunc) kong.Resolver {
	return kong.ResolverFunc(func(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
		for _, name := range v[flag.Value] {
			if value, ok := lookup(name); ok && value != "" {
				return value, nil
			}
		}
		return nil, nil
	})
}

// help is the help text of a flag or argument.
func (v variables) help(value *kong.Value) string {
	text := value.Help
	if value.HasDefault {
		text += " Por defecto: " + value.Default + "."
	}
	if names := v[value]; len(names) > 0 {
		text += " ($" + strings.Join(names, ", $") + ")"
	}
	return text
}

// withDotenv returns env with the variables of file behind it. A missing file is
// fine.
func withDotenv(env lookupFunc, file string) (lookupFunc, error) {
	extra, err := godotenv.Read(file)
	if errors.Is(err, fs.ErrNotExist) {
		return env, nil
	}
	if err != nil {
		return nil, fmt.Errorf("leer %s: %w", file, err)
	}
	return func(name string) (string, bool) {
		if value, ok := env(name); ok {
			return value, true
		}
		value, ok := extra[name]
		return value, ok
	}, nil
}

// helpWords are kong's own words in a help page.
var helpWords = strings.NewReplacer(
	"Usage:", "Uso:",
	"\nArguments:", "\nArgumentos:",
	"\nFlags:", "\nOpciones:",
	"\nCommands:", "\nComandos:",
	"[flags]", "[opciones]",
	"<command>", "<comando>",
	"Show context-sensitive help.", "Muestra esta ayuda.",
	"for more information on a command.", "para saber más de un comando.",
	"Run \"", "Ejecute \"",
)

func spanishHelp(options kong.HelpOptions, ctx *kong.Context) error {
	var page bytes.Buffer
	out := ctx.Stdout
	ctx.Stdout = &page
	err := kong.DefaultHelpPrinter(options, ctx)
	ctx.Stdout = out
	if err != nil {
		return err
	}
	_, err = helpWords.WriteString(out, page.String())
	return err
}
