package dev.fenceline.cli;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.HelpCommand;

/** The {@code fenceline} command. */
@Command(
        name = "fenceline",
        description = {
            "Records, replays and checks what happens to GPU memory in Linux:",
            "buffer objects, fences, notifiers, debuggers."
        },
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            DemoCommand.class,
            ScenariosCommand.class,
            FaultsCommand.class,
            RulesCommand.class,
            EventsCommand.class,
            SimulateCommand.class,
            UpCommand.class,
            TailCommand.class,
            SessionsCommand.class,
            CheckCommand.class,
            SqlCommand.class,
            ReplayCommand.class,
            HelpCommand.class,
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:all is well",
            "1:the command worked and found rules violated or expectations not met",
            "2:bad use; nothing was done (check: or a file that cannot be read to its end)",
            "3:the command could not do its work"
        },
        footer = {
            "",
            "First steps:",
            "  fenceline demo                         everything once, on this machine",
            "  fenceline simulate compositor --to -   a workload as trace text",
            "  fenceline check FILE                   what the rules say of a trace",
            "  fenceline help COMMAND                 more about a command"
        })
public final class Main {
    private Main() {}

    /** Runs one command and ends the process with its exit code. */
    public static void main(String[] arguments) {
        PrintWriter out = new PrintWriter(System.out, false, StandardCharsets.UTF_8);
        int code = run(out, new PrintWriter(System.err, true, StandardCharsets.UTF_8), arguments);
        // A script must not take what was cut off for the whole.
        System.exit(out.checkError() && code == ExitCode.FINE ? ExitCode.FAILURE : code);
    }

    /** Runs one command. */
    static int run(PrintWriter out, PrintWriter err, String... arguments) {
        CommandLine line = new CommandLine(new Main())
                .setOut(out)
                .setErr(err)
                .setColorScheme(CommandLine.Help.defaultColorScheme(colours()))
                .setExecutionExceptionHandler(Failures::report)
                .setCaseInsensitiveEnumValuesAllowed(true);
        line.getSubcommands().values().forEach(sub -> sub.setUsageHelpAutoWidth(true));
        CommandLine.Model.CommandSpec spec = line.getCommandSpec();
        spec.mixinStandardHelpOptions(true);
        spec.subcommands().values().forEach(sub -> sub.getCommandSpec().mixinStandardHelpOptions(true));
        String version = Main.class.getPackage().getImplementationVersion();
        spec.version("fenceline " + (version == null ? "(development build)" : version));
        int code = arguments.length == 0 ? usage(line) : line.execute(arguments);
        out.flush();
        return code;
    }

    private static int usage(CommandLine line) {
        line.usage(line.getErr());
        return ExitCode.BAD_USE;
    }

    private static Ansi colours() {
        return System.getenv("NO_COLOR") == null ? Ansi.AUTO : Ansi.OFF;
    }
}
