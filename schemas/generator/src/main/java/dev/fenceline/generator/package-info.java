/**
 * Derives the Java side of the event contract from its Avro IDL files at build time: one immutable class per event, one enum per
 * enumeration, the list of all event types and the catalogue page. Nothing here is on anyone's run-time class path.
 */
@NullMarked
package dev.fenceline.generator;

import org.jspecify.annotations.NullMarked;
