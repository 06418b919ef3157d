export default (component) => staged(Steps, component);
