/** Rules about the KFD: who may debug a compute process, and who may use its file. */
@NullMarked
package dev.fenceline.analytics.rules.kfd;

import org.jspecify.annotations.NullMarked;
