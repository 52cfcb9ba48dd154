// Recipes from the golden matrix, tests/golden/outputs.txt.
export const RECIPES = [
  'width=320',
  'width=320,format=jpeg',
  'width=160,format=avif',
  'width=160,format=png',
  'width=320,format=jxl',
  'width=150,height=150,fit=cover,gravity=auto,format=jpeg,quality=85',
];
