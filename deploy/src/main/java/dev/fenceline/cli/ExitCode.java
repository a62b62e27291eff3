package dev.fenceline.cli;

/** What the command's exit status means. */
final class ExitCode {
    /** All is well. */
    static final int FINE = 0;

    /** The command worked, and found rules violated, expectations not met or a recording that contradicts itself. */
    static final int VIOLATIONS = 1;

    /** The command was asked for something that makes no sense, or given a text that cannot be read; what preceded that is shown. */
    static final int BAD_USE = 2;

    /** The command could not do its work. */
    static final int FAILURE = 3;

    private ExitCode() {}
}
