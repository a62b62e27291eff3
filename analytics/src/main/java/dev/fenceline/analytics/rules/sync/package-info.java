/** sync_file, drm_syncobj and fence containers: A-Y01 to A-Y06. */
@NullMarked
package dev.fenceline.analytics.rules.sync;

import org.jspecify.annotations.NullMarked;
