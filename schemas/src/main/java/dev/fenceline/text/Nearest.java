package dev.fenceline.text;

import org.jspecify.annotations.Nullable;

/** Finds what somebody who mistyped a name probably meant. */
public final class Nearest {
    /** Longer words are no mistyped names. */
    private static final int LONGEST = 64;

    private Nearest() {}

    /** {@code "; did you mean 'x'?"} for the candidate that is few edits away from {@code word}, or nothing. */
    public static String suggestion(String word, Iterable<String> candidates) {
        String nearest = to(word, candidates);
        return nearest == null ? "" : "; did you mean '" + nearest + "'?";
    }

    /** The candidate with the fewest edits, at most a third of the word's length and two at least; null if there is none. */
    public static @Nullable String to(String word, Iterable<String> candidates) {
        String nearest = null;
        if (word.length() > LONGEST) {
            return null;
        }
        int fewest = Math.max(2, word.length() / 3) + 1;
        for (String candidate : candidates) {
            if (Math.abs(word.length() - candidate.length()) < fewest) {
                int edits = edits(word, candidate);
                if (edits < fewest) {
                    fewest = edits;
                    nearest = candidate;
                }
            }
        }
        return nearest;
    }

    /** Insertions, deletions, replacements and swaps of neighbours that make one word the other. */
    private static int edits(String from, String to) {
        int[][] edits = new int[from.length() + 1][to.length() + 1];
        for (int i = 0; i <= from.length(); i++) {
            for (int j = 0; j <= to.length(); j++) {
                if (i == 0 || j == 0) {
                    edits[i][j] = i + j;
                    continue;
                }
                boolean same = from.charAt(i - 1) == to.charAt(j - 1);
                int fewest =
                        Math.min(edits[i - 1][j - 1] + (same ? 0 : 1), 1 + Math.min(edits[i - 1][j], edits[i][j - 1]));
                boolean swapped = i > 1
                        && j > 1
                        && from.charAt(i - 1) == to.charAt(j - 2)
                        && from.charAt(i - 2) == to.charAt(j - 1);
                edits[i][j] = swapped ? Math.min(fewest, edits[i - 2][j - 2] + 1) : fewest;
            }
        }
        return edits[from.length()][to.length()];
    }
}
