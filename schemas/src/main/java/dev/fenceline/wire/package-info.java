/** Events as bytes: Avro single-object encoding, the digest of a session, and the names of the topics they travel through. */
@NullMarked
package dev.fenceline.wire;

import org.jspecify.annotations.NullMarked;
