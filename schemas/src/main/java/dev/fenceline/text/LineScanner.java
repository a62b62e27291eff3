package dev.fenceline.text;

import java.util.ArrayList;
import java.util.List;

/** Cuts a line of trace text into words; a value in double quotes may hold spaces, with JSON's escapes. */
final class LineScanner {
    /** Stand for a comma and a dash that were in quotes, where they neither separate nor mean the empty list. */
    private static final char QUOTED_COMMA = '\uE000';

    private static final char QUOTED_DASH = '\uE001';

    private final String file;
    private final int line;
    private final String text;
    private int position;

    private LineScanner(String file, int line, String text) {
        this.file = file;
        this.line = line;
        this.text = text;
    }

    static List<String> words(String file, int line, String text) {
        LineScanner scanner = new LineScanner(file, line, text);
        List<String> words = new ArrayList<>();
        while (scanner.skipSpace()) {
            words.add(scanner.word());
        }
        return words;
    }

    /** Goes to the next word; false at the end or at a comment behind the last one. */
    private boolean skipSpace() {
        while (position < text.length() && Character.isWhitespace(text.charAt(position))) {
            position++;
        }
        return position < text.length() && text.charAt(position) != '#';
    }

    private String word() {
        StringBuilder word = new StringBuilder();
        while (position < text.length() && !Character.isWhitespace(text.charAt(position))) {
            char c = text.charAt(position++);
            if (c == '"') {
                quoted(word);
            } else {
                word.append(c);
            }
        }
        return word.toString();
    }

    private void quoted(StringBuilder word) {
        int from = position;
        while (position < text.length()) {
            char c = text.charAt(position++);
            if (c == '"') {
                return;
            }
            word.append(hidden(c == '\\' ? escaped(from) : c));
        }
        throw new TraceTextException(file, line, "the quote opened at column " + from + " is not closed");
    }

    private static char hidden(char c) {
        return c == ',' ? QUOTED_COMMA : c == '-' ? QUOTED_DASH : c;
    }

    /** A word, or a part of one split at its commas, as it was meant. */
    static String plain(String part) {
        return part.replace(QUOTED_COMMA, ',').replace(QUOTED_DASH, '-');
    }

    private char escaped(int from) {
        if (position >= text.length()) {
            throw new TraceTextException(file, line, "the quote opened at column " + from + " is not closed");
        }
        char c = text.charAt(position++);
        return switch (c) {
            case 'n' -> '\n';
            case 't' -> '\t';
            case 'r' -> '\r';
            case 'u' -> unicode();
            default -> c;
        };
    }

    private char unicode() {
        try {
            char c = (char) Integer.parseInt(text, position, position + 4, 16);
            position += 4;
            return c;
        } catch (IndexOutOfBoundsException | NumberFormatException e) {
            throw new TraceTextException(file, line, "an escape \\u wants four hexadecimal digits");
        }
    }

    /** The value as one word: as it is, or in quotes if it would not read back so. */
    static String quotedIfNeeded(String value) {
        boolean plain = !value.isEmpty() && !value.equals("-");
        for (int i = 0; plain && i < value.length(); i++) {
            char c = value.charAt(i);
            plain = c > ' ' && c < 0x7F && c != '"' && c != '\\' && c != '#' && c != ',' && c != '+';
        }
        return plain ? value : quote(value);
    }

    private static String quote(String value) {
        StringBuilder quoted = new StringBuilder("\"");
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            switch (c) {
                case '"', '\\' -> quoted.append('\\').append(c);
                case '\n' -> quoted.append("\\n");
                case '\t' -> quoted.append("\\t");
                case '\r' -> quoted.append("\\r");
                default -> {
                    if (c < ' ') {
                        quoted.append("\\u%04x".formatted((int) c));
                    } else {
                        quoted.append(c);
                    }
                }
            }
        }
        return quoted.append('"').toString();
    }
}
