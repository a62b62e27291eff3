/** Reads the Avro schemas and writes the event types, at build time only. */
@NullMarked
package dev.fenceline.generator;

import org.jspecify.annotations.NullMarked;
