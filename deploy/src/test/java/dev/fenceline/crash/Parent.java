package dev.fenceline.crash;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/** How a {@link ChildProcess} talks to its parent. */
final class Parent {
    private static final BufferedReader INPUT =
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));

    private Parent() {}

    /** Says something, in one line. */
    static void say(String line) {
        System.out.println(line);
    }

    /** Hands every line the parent sends to {@code listener} until there are no more: then it wants the child to stop. */
    static void listen(Consumer<String> listener) throws IOException {
        for (String line = INPUT.readLine(); line != null; line = INPUT.readLine()) {
            listener.accept(line);
        }
    }
}
