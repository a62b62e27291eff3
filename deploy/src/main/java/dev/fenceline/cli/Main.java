package dev.fenceline.cli;

/** Where the command line starts. */
public final class Main {
    private Main() {}

    /**
     * Runs one command.
     *
     * @param args what was typed
     */
    public static void main(String[] args) {
        System.out.println("fenceline " + String.join(" ", args));
    }
}
