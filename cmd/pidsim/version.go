package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/pflag"
)

// versionVerb says what this build is.
func versionVerb() *verb {
	return &verb{
		name:  "version",
		short: "show the version, the commit and the backends",
		flags: versionFlags,
		run:   version,
	}
}

// versionFlags makes the flags of pidsim version.
func versionFlags() *pflag.FlagSet {
	return withHelp(verbFlags("version"))
}

// version implements pidsim version.
func version(args []string) error {
	_, help, err := parseVerb("version", versionFlags(), args, 0)
	if err != nil || help {
		return err
	}
	return printVersion()
}

// printVersion writes what the build knows about itself.
func printVersion() error {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = new(debug.BuildInfo)
	}
	return show(versionText(info))
}

// versionText words the build information; what is unknown says so.
func versionText(info *debug.BuildInfo) string {
	var (
		number = info.Main.Version
		commit = "unknown"
		set    = make(map[string]string)
	)
	for _, s := range info.Settings {
		set[s.Key] = s.Value
	}
	if number == "" {
		number = "(devel)"
	}
	if rev := set["vcs.revision"]; rev != "" {
		commit = rev
		if set["vcs.modified"] == "true" {
			commit += " with changes"
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "pidsim    %s\n", number)
	fmt.Fprintf(&b, "commit    %s\n", commit)
	fmt.Fprintf(&b, "go        %s %s/%s\n", runtime.Version(), runtime.GOOS, runtime.GOARCH)
	fmt.Fprintf(&b, "backends  %s\n", strings.Join(backends[1:], ", "))
	return b.String()
}
