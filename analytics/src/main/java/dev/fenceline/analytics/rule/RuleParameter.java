package dev.fenceline.analytics.rule;

/**
 * A bound that a rule judges by.
 *
 * @param name the name, snake_case with its unit
 * @param value the value where nothing else is set, in words
 * @param origin where it comes from; says that it is ours where the kernel gives no number
 */
public record RuleParameter(String name, String value, String origin) {}
