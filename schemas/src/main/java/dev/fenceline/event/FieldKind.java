package dev.fenceline.event;

/** What a field of an event holds. */
public enum FieldKind {
    /** A 64-bit number or an id. */
    NUMBER,
    /** True or false. */
    FLAG,
    /** Text. */
    TEXT,
    /** Bytes. */
    BYTES,
    /** One symbol of an enumeration; UNKNOWN stands for "not recorded". */
    SYMBOL,
    /** A list of numbers or ids. */
    NUMBERS,
    /** A set of symbols of an enumeration. */
    SYMBOLS,
    /** A list of texts. */
    TEXTS
}
