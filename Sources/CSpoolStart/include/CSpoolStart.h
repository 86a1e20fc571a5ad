/// Nothing is called from here: what is defined takes the place of a part of Swift's library.
#pragma once
