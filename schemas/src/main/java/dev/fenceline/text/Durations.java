package dev.fenceline.text;

import java.math.BigDecimal;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Times as trace text writes them: seconds with a fraction, or a number with its unit. */
public final class Durations {
    private static final Pattern FORM = Pattern.compile("(-?[0-9]+(?:\\.[0-9]+)?)(ns|us|ms|s|min|h)?");

    private Durations() {}

    /**
     * Nanoseconds of {@code 31s}, {@code 2.5ms}, {@code 0.000016} (seconds when there is no unit).
     *
     * @throws IllegalArgumentException if it is no such thing, or no whole number of nanoseconds within 64 bits
     */
    public static long parse(String text) {
        return parse(text, "s");
    }

    /** As {@link #parse(String)}, with the unit that a bare number has. */
    static long parse(String text, String bareUnit) {
        Matcher matcher = FORM.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException(
                    "'" + text + "' is no time; write 31s, 2.5ms, 16us, 7ns or seconds as 0.000016");
        }
        String unit = matcher.group(2) == null ? bareUnit : matcher.group(2);
        try {
            return new BigDecimal(matcher.group(1))
                    .multiply(BigDecimal.valueOf(nanoseconds(unit)))
                    .longValueExact();
        } catch (ArithmeticException e) {
            throw new IllegalArgumentException("'" + text + "' is no whole number of nanoseconds within 64 bits", e);
        }
    }

    private static long nanoseconds(String unit) {
        return switch (unit) {
            case "ns" -> 1;
            case "us" -> 1_000;
            case "ms" -> 1_000_000;
            case "s" -> 1_000_000_000;
            case "min" -> 60_000_000_000L;
            default -> 3_600_000_000_000L;
        };
    }

    /** Seconds with nine decimals: {@code 0.000016000}. */
    public static String seconds(long ns) {
        StringBuilder text = new StringBuilder();
        appendSeconds(ns, text);
        return text.toString();
    }

    static void appendSeconds(long ns, StringBuilder out) {
        if (ns == Long.MIN_VALUE) {
            out.append("-9223372036.854775808");
            return;
        }
        if (ns < 0) {
            out.append('-');
        }
        long positive = Math.abs(ns);
        out.append(positive / 1_000_000_000L).append('.');
        long fraction = positive % 1_000_000_000L;
        for (long digit = 100_000_000L; digit > 0; digit /= 10) {
            out.append((char) ('0' + fraction / digit % 10));
        }
    }
}
