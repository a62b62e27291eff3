/** How events travel: their binary form, the digest of a session, the topics. */
@NullMarked
package dev.fenceline.wire;

import org.jspecify.annotations.NullMarked;
