/**
 * Events as text for people and scripts: trace text (a line per event, what rule tests, golden files and bug reports are written
 * in) and JSON lines. Both are derived from the schemas and read back what they write.
 */
@NullMarked
package dev.fenceline.text;

import org.jspecify.annotations.NullMarked;
