/* libjxl is linked statically, so nothing is exported. */
#ifndef JXL_CMS_EXPORT_H
#define JXL_CMS_EXPORT_H

#define JXL_CMS_EXPORT

#endif
