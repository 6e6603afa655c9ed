document.querySelectorAll('input[name="rd"]').forEach(function (field) {
  if (location.hash) field.value = field.value.split("#")[0] + location.hash;
});
