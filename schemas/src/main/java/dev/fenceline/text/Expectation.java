package dev.fenceline.text;

import org.jspecify.annotations.Nullable;

/**
 * What a trace says a check of it must find: {@code => RULE@seq} (first violated there), {@code => RULE none} (that rule is
 * silent), {@code => none} (every rule is).
 *
 * @param line where it stands, from 1
 * @param rule the rule's id, or null for every rule
 * @param seq where the rule is first violated, or null if it must be silent
 */
public record Expectation(
        int line, @Nullable String rule, @Nullable Long seq) {
    @Override
    public String toString() {
        if (rule == null) {
            return "none";
        }
        return seq == null ? rule + " none" : rule + "@" + seq;
    }
}
