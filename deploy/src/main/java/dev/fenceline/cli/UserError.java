package dev.fenceline.cli;

/** Something the user can mend: the message says what, where and what to do. Shown without a stack trace. */
final class UserError extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final int exitCode;

    private UserError(int exitCode, String message) {
        super(message);
        this.exitCode = exitCode;
    }

    /** The command was asked for something that makes no sense. */
    static UserError badUse(String message) {
        return new UserError(ExitCode.BAD_USE, message);
    }

    /** The command could not do its work. */
    static UserError failure(String message) {
        return new UserError(ExitCode.FAILURE, message);
    }

    int exitCode() {
        return exitCode;
    }
}
