/* libjxl is linked statically, so nothing is exported. */
#ifndef JXL_EXPORT_H
#define JXL_EXPORT_H

#define JXL_EXPORT

#endif
