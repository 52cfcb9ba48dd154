/* libjxl is linked statically: nothing is exported. */
#ifndef JXL_EXPORT_H
#define JXL_EXPORT_H

#define JXL_EXPORT

#endif
