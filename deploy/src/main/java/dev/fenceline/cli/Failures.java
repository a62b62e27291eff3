package dev.fenceline.cli;

import dev.fenceline.recorder.kafka.KafkaStreamException;
import dev.fenceline.recorder.store.StoreException;
import dev.fenceline.stack.BrokerStartException;
import dev.fenceline.stack.StackException;
import dev.fenceline.text.TraceTextException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.NoSuchFileException;
import picocli.CommandLine;

/** What a failed command says and which code it ends with. What users can mend comes without a stack trace. */
final class Failures {
    private Failures() {}

    static int report(Exception failure, CommandLine command, CommandLine.ParseResult parsed) {
        PrintWriter err = command.getErr();
        if (failure instanceof UserError error) {
            err.println("fenceline: " + error.getMessage());
            return error.exitCode();
        }
        if (failure instanceof TraceTextException) {
            err.println("fenceline: " + failure.getMessage());
            return ExitCode.BAD_USE;
        }
        if (failure instanceof StackException
                || failure instanceof StoreException
                || failure instanceof KafkaStreamException
                || failure instanceof BrokerStartException) {
            err.println("fenceline: " + failure.getMessage());
            return ExitCode.FAILURE;
        }
        if (failure instanceof NoSuchFileException) {
            err.println("fenceline: there is no file " + failure.getMessage());
            return ExitCode.BAD_USE;
        }
        if (failure instanceof IOException) {
            err.println("fenceline: " + failure.getMessage());
            return ExitCode.FAILURE;
        }
        err.println("fenceline: this is a defect of Fenceline; please report it with what follows");
        failure.printStackTrace(err);
        return ExitCode.FAILURE;
    }
}
