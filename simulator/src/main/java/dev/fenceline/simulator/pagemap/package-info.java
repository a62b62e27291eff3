/** Memory of a device that shows at the addresses of a program (drm_pagemap.c, xe_svm.c). */
@NullMarked
package dev.fenceline.simulator.pagemap;

import org.jspecify.annotations.NullMarked;
