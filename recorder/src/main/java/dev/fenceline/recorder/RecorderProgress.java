package dev.fenceline.recorder;

/**
 * What a recorder has done since it was started.
 *
 * @param rows events, alerts and verdicts that have landed
 * @param transactions in how many transactions
 * @param deadLetters records that could not be decoded and were kept as dead letters
 * @param unknownSchemas those of them whose schema this build does not know
 * @param duplicates events that had landed before and were dropped
 * @param lag committed records that are in Kafka and have not been read yet, as far as is known
 */
public record RecorderProgress(
        long rows, long transactions, long deadLetters, long unknownSchemas, long duplicates, long lag) {}
