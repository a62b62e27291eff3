package dev.fenceline.cli;

import dev.fenceline.stack.DataDirectory;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What every subcommand understands. */
final class CommonOptions {
    @Option(
            names = "--data",
            paramLabel = "DIR",
            description = "Where recordings are kept. Default: fenceline in $XDG_DATA_HOME, else in ~/.local/share.")
    private @Nullable Path data;

    @Option(names = "--json", description = "Print data as JSON.")
    private boolean json;

    @Spec(Spec.Target.MIXEE)
    private @Nullable CommandSpec command;

    /** Tells the person something that is not data. */
    void note(String message) {
        command().commandLine().getErr().println("fenceline: " + message);
    }

    private CommandSpec command() {
        if (command == null) {
            throw new IllegalStateException("picocli sets the command before it runs it");
        }
        return command;
    }

    DataDirectory dataDirectory() {
        return DataDirectory.of(data, System.getenv());
    }

    /** The data directory, there to be written to, with the log of this command in it. */
    DataDirectory writableDataDirectory() {
        DataDirectory directory = dataDirectory().create();
        System.setProperty("fenceline.log", directory.log().toString());
        return directory;
    }

    Output output() {
        return new Output(command().commandLine().getOut(), json);
    }

    /** Whether a person watches: progress is shown only then. The launcher says so; Java cannot tell before version 22. */
    static boolean terminal() {
        return Boolean.getBoolean("fenceline.terminal");
    }
}
