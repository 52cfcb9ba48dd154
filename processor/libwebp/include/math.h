/* The functions of math.h that libwebp uses; compiler_builtins defines them. */
#ifndef DARKROOM_MATH_H
#define DARKROOM_MATH_H
double pow(double x, double y);
double log(double x);
double log10(double x);
double exp(double x);
double sqrt(double x);
double fabs(double x);
double floor(double x);
double ceil(double x);
float expf(float x);
float logf(float x);
float log2f(float x);
float powf(float x, float y);
float sqrtf(float x);
float fabsf(float x);
#endif
