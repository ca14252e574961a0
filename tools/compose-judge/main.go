// Reads docker-compose.yml and .env of a folder as `docker compose` does, by Compose's own loader: its schema, its rules of
// interpolation, its checks of what refers to what. Prints the project as JSON, or says what is wrong and ends with 1.
// usage: compose-judge <folder>
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/compose-spec/compose-go/v2/cli"
)

func main() {
	if err := judge(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func judge(folder string) error {
	// The order of `docker compose`: .env says where the files are, and then what their variables are.
	options, err := cli.NewProjectOptions(nil,
		cli.WithWorkingDirectory(folder),
		cli.WithOsEnv,
		cli.WithEnvFiles(),
		cli.WithDotEnv,
		cli.WithConfigFileEnv,
		cli.WithDefaultConfigPath,
		cli.WithDefaultProfiles(),
	)
	if err != nil {
		return err
	}
	project, err := options.LoadProject(context.Background())
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(project)
}
