/** Of the kit and of the image that it deploys unless it is told otherwise; package.json has the same. */
export const VERSION = '0.1.0';
