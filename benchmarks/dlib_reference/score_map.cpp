// Prints dlib's detector score map for a raw float32 tensor 1 x 3 x rows x columns:  score_map DETECTOR.dat TENSOR ROWS COLUMNS
// dlib's Python module gives found boxes only, so this stands in for it.
#include <dlib/dnn.h>
#include <fstream>
#include <iomanip>
#include <iostream>
using namespace dlib;

template <long num_filters, typename SUBNET> using con5d = con<num_filters, 5, 5, 2, 2, SUBNET>;
template <long num_filters, typename SUBNET> using con5 = con<num_filters, 5, 5, 1, 1, SUBNET>;
template <typename SUBNET>
using downsampler = relu<affine<con5d<32, relu<affine<con5d<32, relu<affine<con5d<16, SUBNET>>>>>>>>>;
template <typename SUBNET> using rcon5 = relu<affine<con5<45, SUBNET>>>;
using net_type =
    loss_mmod<con<1, 9, 9, 1, 1, rcon5<rcon5<rcon5<downsampler<input_rgb_image_pyramid<pyramid_down<6>>>>>>>>;

int main(int, char** argv) {
    net_type net;
    deserialize(argv[1]) >> net;
    resizable_tensor x(1, 3, std::stol(argv[3]), std::stol(argv[4]));
    std::ifstream(argv[2], std::ios::binary).read(reinterpret_cast<char*>(x.host()), x.size() * sizeof(float));
    const tensor& scores = net.subnet().forward(x);
    std::cout << scores.nr() << ' ' << scores.nc() << std::setprecision(9);
    for (float score : scores) std::cout << ' ' << score;
    std::cout << '\n';
}
